//! The fault matrix: every write of every scenario, to the API server and to Azure, struck by every kind of fault. The end
//! is that of the undisturbed run; no more keys were stored than in it; and nothing was sent to Azure whose private half
//! was not stored.

mod foretold;
mod guard;
mod kind;
mod matrix;
mod run;
mod scenario;
mod scenarios;
mod stage;
mod state;
mod tools;
mod witness;
mod words;
