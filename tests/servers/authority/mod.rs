//! Hints are not authority: what tools and backups write harms nobody and loses nothing.

mod acts;
mod adoption;
mod bounds;
mod copied;
mod hints;
mod limits;
mod moves;
mod recreated;
mod replaced;
mod scenes;
mod status;
mod told;
mod twins;
mod unlabelled;
mod upgrade;
