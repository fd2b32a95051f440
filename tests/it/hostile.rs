//! Hostile servers under the real binary.
