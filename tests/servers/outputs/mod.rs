//! Outputs: in the shape that each reader expects, followed, mended and taken away.

mod admission;
mod changes;
mod contents;
mod shapes;
mod upkeep;
