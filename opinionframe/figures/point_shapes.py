"""Shapes of points that are told apart without colour: Vega's own, then paths within a square from -1 to 1."""

ALL_SHAPES = (
    *("circle", "diamond", "triangle-up", "square", "triangle-down", "cross", "triangle-left", "triangle-right"),
    "M0,-1L0.29,-0.4L0.95,-0.31L0.48,0.15L0.59,0.81L0,0.5L-0.59,0.81L-0.48,0.15L-0.95,-0.31L-0.29,-0.4Z",  # star
    "M-0.85,-0.5L-0.5,-0.85L0,-0.35L0.5,-0.85L0.85,-0.5L0.35,0L0.85,0.5L0.5,0.85L0,0.35L-0.5,0.85L-0.85,0.5L-0.35,0Z",
    "M-0.8,-0.8L0.8,-0.8L-0.8,0.8L0.8,0.8Z",  # hourglass
    "M-0.8,-0.8L0.8,0.8L0.8,-0.8L-0.8,0.8Z",  # bow tie
    "M0,-0.95L0.9,-0.29L0.56,0.77L-0.56,0.77L-0.9,-0.29Z",  # pentagon
    "M-0.4,-0.95L0.4,-0.95L0.4,0.95L-0.4,0.95Z",  # upright bar
    "M-0.95,-0.4L0.95,-0.4L0.95,0.4L-0.95,0.4Z",  # flat bar
    "M-0.9,0.5A0.9,0.9,0,0,1,0.9,0.5Z",  # half moon
)
