//! What leads from one state to the next.

use std::fmt;

/// What leads from one state to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Begins,
    Edit { name: &'static str, is_heard: bool },
    Looks { operator: usize, at: &'static str },
    Reads(usize),
    Reports(usize),
    Takes(usize, &'static str, Ends),
}

/// How a step ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    Well,
    TooLate,
    Refused,
    StopsBefore,
    StopsAfter,
    Breaks,
}

impl How {
    /// The same of another operator.
    pub(crate) fn of(self, operator: usize) -> Self {
        match self {
            Self::Looks { at, .. } => Self::Looks { operator, at },
            Self::Reads(_) => Self::Reads(operator),
            Self::Reports(_) => Self::Reports(operator),
            Self::Takes(_, step, ends) => Self::Takes(operator, step, ends),
            Self::Begins | Self::Edit { .. } => self,
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begins => write!(f, "it begins"),
            Self::Edit { name, .. } => write!(f, "somebody {name}"),
            Self::Looks { operator, at } => write!(f, "operator {operator} looks{at}"),
            Self::Reads(operator) => write!(f, "operator {operator} reads what it rests on"),
            Self::Reports(operator) => write!(f, "operator {operator} reports"),
            Self::Takes(operator, step, ends) => {
                let ends = match ends {
                    Ends::Well | Ends::Breaks => "",
                    Ends::TooLate => ", too late",
                    Ends::Refused => ", which is refused",
                    Ends::StopsBefore => ", and stops before it",
                    Ends::StopsAfter => ", and stops after it",
                };
                write!(f, "operator {operator}: {step}{ends}")
            }
        }
    }
}
