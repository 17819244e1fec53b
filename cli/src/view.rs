//! Text for people. Every piece of foreign text goes through [`clean`] on its way here.

pub mod audit;
pub mod clean;
pub mod config;
pub mod daemon;
pub mod job;
pub mod jobs;
pub mod log;
pub mod paint;
pub mod pairs;
pub mod table;
pub mod time;
pub mod word;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
