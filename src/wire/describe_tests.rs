//! Tests of describe.
