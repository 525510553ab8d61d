"""`weir incident`, `weir watch`, `weir alert`: what stopped or drifted, who looks for it, who is told."""
