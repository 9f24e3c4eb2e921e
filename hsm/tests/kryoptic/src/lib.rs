//! Nothing: the module is the dependency `kryoptic`.
