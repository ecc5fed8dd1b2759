//! Outputs: in the shape that each reader expects, followed, mended and taken away.

mod changes;
mod shapes;
