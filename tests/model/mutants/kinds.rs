//! A planner that is wrong in one thing.

use sshkey_operator::plan::{Desired, Move, Observed, Plan};

use crate::{
    act::report::Reported, mutants, promises::kinds::Promise, search::Planner, view::Mind,
};

/// A planner that is wrong in one thing.
#[derive(Clone, Copy)]
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    /// The promise that it breaks.
    pub(crate) breaks: Promise,
    /// Where that shows.
    pub(crate) theatre: &'static str,
    pub(crate) planner: Planner,
}

/// All of them.
pub(crate) fn all() -> Vec<Mutant> {
    let all = [
        mutants::rotation::MUTANTS,
        mutants::moves::MUTANTS,
        mutants::custody::MUTANTS,
        mutants::authority::MUTANTS,
        mutants::hints::MUTANTS,
        mutants::refusals::MUTANTS,
    ];
    all.concat()
}

const fn mutant(
    name: &'static str,
    breaks: Promise,
    theatre: &'static str,
    planner: Planner,
) -> Mutant {
    Mutant {
        name,
        breaks,
        theatre,
        planner,
    }
}

/// Wrong in what it takes for seen.
pub(crate) const fn sees(
    name: &'static str,
    breaks: Promise,
    theatre: &'static str,
    look: fn(&Desired, Observed) -> Observed,
) -> Mutant {
    let planner = Planner {
        look,
        ..Planner::RIGHT
    };
    mutant(name, breaks, theatre, planner)
}

/// Wrong in the plan.
pub(crate) const fn plans(
    name: &'static str,
    breaks: Promise,
    theatre: &'static str,
    plan: fn(&Desired, &Observed, Plan) -> Plan,
) -> Mutant {
    let planner = Planner {
        plan,
        ..Planner::RIGHT
    };
    mutant(name, breaks, theatre, planner)
}

/// Wrong in what comes before a step, or in which step is left.
pub(crate) const fn moves(
    name: &'static str,
    breaks: Promise,
    theatre: &'static str,
    next: fn(&Observed, &Plan, Move) -> Move,
) -> Mutant {
    let planner = Planner {
        next,
        ..Planner::RIGHT
    };
    mutant(name, breaks, theatre, planner)
}

/// Wrong in what it says.
pub(crate) const fn says(
    name: &'static str,
    breaks: Promise,
    theatre: &'static str,
    says: fn(&Mind, Reported) -> Reported,
) -> Mutant {
    let planner = Planner {
        says,
        ..Planner::RIGHT
    };
    mutant(name, breaks, theatre, planner)
}
