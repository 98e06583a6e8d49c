"""What may follow what: one table of moves a noun. Illegal moves are impossible and leave no trace; the diagrams in docs/ are made from these tables."""
