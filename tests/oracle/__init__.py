"""What the product must agree with, worked out another way: plain Python that imports nothing of aac."""
