Plane = list[list[float]]
Image = list[Plane]  # [channel][row][column]


def forward(image: Image, kernels: list[Image], bias: list[float], stride: int = 1, pad: int = 0) -> Image:
    """Cross-correlation of one image with each kernel, as in the usual frameworks (no flip).

    kernels is [filter][channel][row][column]. Zeros are added on all four sides, `pad` wide. A window that
    does not fit whole gives no output, so a side of n has (n + 2 * pad - k) // stride + 1 outputs.
    """
    raise NotImplementedError("write forward")


def backward(
    upstream: Image, image: Image, kernels: list[Image], stride: int = 1, pad: int = 0
) -> tuple[Image, list[Image], list[float]]:
    """Gradients for image, kernels and bias, given the gradient of the loss for each output."""
    raise NotImplementedError("write backward")
