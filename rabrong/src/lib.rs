//! rabrong
