"""Makes the images of this folder and what Pillow says of them (golden.csv). Needs Pillow 13.0.0.

    python make.py

Pictures are gradients, so that no two channels are alike. Whoever changes a picture runs this again and commits both.
"""

import csv
from pathlib import Path

from PIL import Image, ImageStat

HERE = Path(__file__).parent
CHANNELS = {"1": 1, "L": 1, "I;16": 1, "LA": 2, "RGB": 3, "P": 3, "RGBA": 4, "CMYK": 4}

def gradient(width, height):
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (x * 255 // width, y * 255 // height, (x * 7 + y * 3) % 256))
    return image

def save(name, image, **how):
    image.save(HERE / name, **how)

picture = gradient(23, 17)
save("rgb.png", picture)
save("grey.png", picture.convert("L"))
save("bits.png", picture.convert("1"))
save("palette.png", picture.quantize(16))
alpha = picture.convert("RGBA")
alpha.putalpha(picture.convert("L"))
save("rgba.png", alpha)
save("grey-alpha.png", alpha.convert("LA"))
save("rgb.jpg", gradient(64, 48), quality=90)
save("progressive.jpg", gradient(64, 48), quality=90, progressive=True)
save("grey.jpg", gradient(64, 48).convert("L"), quality=90)
save("cmyk.jpg", gradient(64, 48).convert("CMYK"), quality=90)
save("rgb.bmp", picture)
save("rgb.tiff", picture, compression="tiff_lzw")
save("rgb.webp", picture, lossless=True)
frames = [picture.quantize(32), picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).quantize(32)]
save("animated.gif", frames[0], save_all=True, append_images=frames[1:], duration=100, loop=0)

with open(HERE / "golden.csv", "w", newline="") as out:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["file", "width", "height", "channels", "brightness"])
    for path in sorted(HERE.glob("*.*")):
        if path.suffix in (".py", ".csv"):
            continue
        with Image.open(path) as image:

            mean = ImageStat.Stat(image.convert("RGB").convert("L")).mean[0]
            rows.writerow([path.name, image.width, image.height, CHANNELS[image.mode], repr(mean)])
