"""How good the lab's models are, measured on scenes that none of them has seen."""
