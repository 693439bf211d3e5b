//! The ESP32 around the cores.
