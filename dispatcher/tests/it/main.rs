//! The dispatcher from outside: one module per behaviour.

mod as_fd;
mod blocking;
mod cancel;
mod conformance;
mod fairness;
mod handles;
mod idle;
mod lanes;
mod local;
mod net;
mod simulated_network;
mod simulation;
mod sources;
mod stats;
mod storm;
mod timer_settings;
mod timers;
mod turn_budget;
mod wait_sets;
mod wake_writes;
mod wakers;
mod yielding;
