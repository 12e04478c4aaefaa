"""Tests of what is worked out from resolved routes."""
