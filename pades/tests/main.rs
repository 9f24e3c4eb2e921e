//! PAdES signatures, judged by programs that are not ours.

mod common;
mod sign;
