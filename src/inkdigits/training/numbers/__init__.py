"""Reading whole numbers: strings of digits made up on the fly, and the line model's training."""
