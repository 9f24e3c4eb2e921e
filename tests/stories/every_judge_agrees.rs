//! Other people's programs look at what the product hands out.
