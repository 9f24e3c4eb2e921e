//! The program: command line, configuration, the edge, the demonstration.

pub mod advice;
pub mod bench;
pub mod clock_deviation;
pub mod command;
pub mod configuration;
pub mod demo;
pub mod edge;
pub mod files;
pub mod operators;
pub mod output;
pub mod outputs;
pub mod processors;
pub mod verify;
pub mod wiring;
