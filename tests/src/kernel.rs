//! Bare ELF files, assembled here.
