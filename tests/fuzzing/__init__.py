"""Fuzzing: mutated and generated inputs. Every case has a seed of its own, by which it can be repeated."""
