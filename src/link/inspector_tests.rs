//! Tests of the inspector.
