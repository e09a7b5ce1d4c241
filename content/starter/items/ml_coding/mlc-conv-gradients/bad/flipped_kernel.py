from collections.abc import Iterator

Plane = list[list[float]]
Image = list[Plane]  # [channel][row][column]
Touch = tuple[int, int, int, int, int, int, int]


def _windows(image: Image, kernel: Image, stride: int, pad: int) -> Iterator[Touch]:
    """Each meeting of a kernel number and a pixel, padding left out.

    A touch is (output row, output column, channel, kernel row, kernel column, image row, image column).
    """
    high, wide = len(image[0]), len(image[0][0])
    tall, broad = len(kernel[0]), len(kernel[0][0])
    for r in range((high + 2 * pad - tall) // stride + 1):
        for c in range((wide + 2 * pad - broad) // stride + 1):
            for channel in range(len(image)):
                for i in range(tall):
                    for j in range(broad):
                        y, x = r * stride + i - pad, c * stride + j - pad
                        if 0 <= y < high and 0 <= x < wide:
                            yield r, c, channel, i, j, y, x


def forward(image: Image, kernels: list[Image], bias: list[float], stride: int = 1, pad: int = 0) -> Image:
    """Cross-correlation of one image with each kernel, as in the usual frameworks (no flip)."""
    rows = (len(image[0]) + 2 * pad - len(kernels[0][0])) // stride + 1
    columns = (len(image[0][0]) + 2 * pad - len(kernels[0][0][0])) // stride + 1
    output = [[[b] * columns for _ in range(rows)] for b in bias]
    for f, kernel in enumerate(kernels):
        for r, c, channel, i, j, y, x in _windows(image, kernel, stride, pad):
            output[f][r][c] += kernel[channel][-1 - i][-1 - j] * image[channel][y][x]
    return output


def backward(
    upstream: Image, image: Image, kernels: list[Image], stride: int = 1, pad: int = 0
) -> tuple[Image, list[Image], list[float]]:
    """Gradients for image, kernels and bias, given the gradient of the loss for each output."""
    d_image = [[[0.0] * len(row) for row in plane] for plane in image]
    d_kernels = [[[[0.0] * len(row) for row in plane] for plane in kernel] for kernel in kernels]
    d_bias = [sum(map(sum, plane)) for plane in upstream]
    for f, kernel in enumerate(kernels):
        for r, c, channel, i, j, y, x in _windows(image, kernel, stride, pad):
            d_image[channel][y][x] += upstream[f][r][c] * kernel[channel][i][j]
            d_kernels[f][channel][i][j] += upstream[f][r][c] * image[channel][y][x]
    return d_image, d_kernels, d_bias
