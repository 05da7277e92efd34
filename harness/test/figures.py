#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Finds labels of gnuplot's SVG figures that overlap, that the edge cuts, or that are wider than the box they stand in.

figures.py FIGURE.svg...: a line for each fault on standard output; exit status 1 when there is one, 3 when a file is not understood.
figures.py --page FIGURE.svg...: a page on which a browser measures the same labels, and says how many times as long as here the widest of them is.
Extents are computed from the metrics of DejaVu Sans, what `sans-serif` is on Debian and about the widest that it is anywhere: what keeps apart with it
keeps apart with Arial, Helvetica and Roboto. harness/test/figures.sh compares these extents with those of a browser, where there is one.
"""
import math
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as tree

SVG = "{http://www.w3.org/2000/svg}"
ASCENT, DESCENT = 0.73, 0.0  # of figures and capitals, in em: what touches; descenders of one label may reach the ascenders' room of the next
SLACK = 0.5                  # pixels that two labels may share: rounding of gnuplot's coordinates


class Font:
    """Widths of a TrueType font's characters, in em: tables head, hhea, hmtx and cmap (format 4) of the OpenType specification."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        count = struct.unpack_from(">H", self.data, 4)[0]
        self.tables = {}
        for i in range(count):
            name, _, offset, _ = struct.unpack_from(">4sLLL", self.data, 12 + 16 * i)
            self.tables[name.decode()] = offset
        self.units = struct.unpack_from(">H", self.data, self.tables["head"] + 18)[0]
        self.metrics = struct.unpack_from(">H", self.data, self.tables["hhea"] + 34)[0]
        self.glyphs = self.cmap()

    def cmap(self):
        at = self.tables["cmap"]
        for i in range(struct.unpack_from(">H", self.data, at + 2)[0]):
            offset = at + struct.unpack_from(">HHL", self.data, at + 4 + 8 * i)[2]
            if struct.unpack_from(">H", self.data, offset)[0] == 4:
                return self.segments(offset)
        raise ValueError("no character map of format 4")

    def segments(self, at):
        n = struct.unpack_from(">H", self.data, at + 6)[0] // 2
        column = lambda k, code: struct.unpack_from(">%d%s" % (n, code), self.data, at + 14 + 2 * n * k + (2 if k else 0))
        ends, starts, deltas, ranges = column(0, "H"), column(1, "H"), column(2, "h"), column(3, "H")
        glyphs = {}
        for i in range(n):
            for c in range(starts[i], min(ends[i], 0xfffe) + 1):
                glyph = c
                if ranges[i]:
                    place = at + 16 + 6 * n + 2 * i + ranges[i] + 2 * (c - starts[i])
                    glyph = struct.unpack_from(">H", self.data, place)[0]
                    if glyph == 0:
                        continue
                glyphs[c] = (glyph + deltas[i]) & 0xffff
        return glyphs

    def width(self, text):
        total = 0
        for c in text:
            glyph = min(self.glyphs.get(ord(c), 0), self.metrics - 1)
            total += struct.unpack_from(">H", self.data, self.tables["hmtx"] + 4 * glyph)[0]
        return total / self.units


def font_find():
    path = subprocess.run(["fc-match", "-f", "%{file}", "DejaVu Sans:style=Book"], capture_output=True, text=True, check=True).stdout
    if "DejaVuSans." not in path:
        sys.exit("figures.py: no DejaVu Sans here (Debian: fonts-dejavu-core)")
    return Font(path)


class Label:
    """A text as a rectangle, turned by its angle: corners in pixels of the picture."""

    def __init__(self, text, x, y, angle, size, anchor, font):
        self.text, self.angle = text, angle
        wide = font.width(text) * size
        left = {"start": 0, "middle": -wide / 2, "end": -wide}[anchor]
        turn = math.radians(angle)
        corner = lambda u, v: (x + u * math.cos(turn) - v * math.sin(turn), y + u * math.sin(turn) + v * math.cos(turn))
        self.corners = [corner(left, DESCENT * size), corner(left + wide, DESCENT * size), corner(left + wide, -ASCENT * size), corner(left, -ASCENT * size)]
        self.axes = [(math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))]

    def span(self, axis):
        at = [x * axis[0] + y * axis[1] for x, y in self.corners]
        return min(at), max(at)

    def overlap(self, other):
        """Depth of the overlap of two turned rectangles (separating axes), 0 or less when they are apart."""
        depth = math.inf
        for axis in self.axes + other.axes:
            (a, b), (c, d) = self.span(axis), other.span(axis)
            depth = min(depth, min(b, d) - max(a, c))
        return depth

    def bounds(self):
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return min(xs), min(ys), max(xs), max(ys)


PLACE = re.compile(r"translate\(([-\d.]+),([-\d.]+)\)(?:\s*rotate\(([-\d.]+)\))?")


def labels_of(root, font):
    labels = []
    for group in root.iter(SVG + "g"):
        place = PLACE.match(group.get("transform") or "")
        for element in group.findall(SVG + "text"):
            text = "".join(element.itertext()).strip()
            if not place:
                raise ValueError("a text without a place: '%s'" % text)
            if text:
                x, y, angle = (float(v or 0) for v in place.groups())
                labels.append(Label(text, x, y, angle, float(group.get("font-size")), group.get("text-anchor") or "start", font))
    return labels


def boxes_of(root):
    """Filled rectangles (bars, segments): x0, y0, x1, y1."""
    boxes = []
    for element in root.iter(SVG + "polygon"):
        at = [tuple(map(float, p.split(","))) for p in re.findall(r"[-\d.]+,[-\d.]+", element.get("points") or "")]
        xs, ys = sorted({x for x, _ in at}), sorted({y for _, y in at})
        if len(xs) == 2 and len(ys) == 2:
            boxes.append((xs[0], ys[0], xs[1], ys[1]))
    return boxes


def faults_of(path, font):
    root = tree.parse(path).getroot()
    _, _, width, height = map(float, root.get("viewBox").split())
    labels, boxes = labels_of(root, font), boxes_of(root)
    if not labels:
        raise ValueError("no label: not a figure of gnuplot's")
    for i, label in enumerate(labels):
        x0, y0, x1, y1 = label.bounds()
        over = max(-x0, -y0, x1 - width, y1 - height)
        if over > 0:
            yield "'%s' is cut at the edge: %.1f pixels stand out" % (label.text, over)
        for other in labels[i + 1:]:
            if other.text == label.text and other.corners == label.corners:
                continue  # drawn twice: a label in a box
            depth = label.overlap(other)
            if depth > SLACK:
                yield "'%s' and '%s' overlap by %.1f pixels" % (label.text, other.text, depth)
        inner = [b for b in boxes if b[0] <= (x0 + x1) / 2 <= b[2] and b[1] <= (y0 + y1) / 2 <= b[3]]
        for b in inner:
            if b[2] - b[0] < x1 - x0:
                yield "'%s' is %.1f pixels wide and its box %.1f" % (label.text, x1 - x0, b[2] - b[0])


PAGE = """<!DOCTYPE html><title>labels</title>%s<p id="said"></p><script>
let widest = 0, count = 0;
for (const t of document.querySelectorAll("text[data-width]")) {
    widest = Math.max(widest, t.getComputedTextLength() / t.dataset.width);
    count++;
}
document.getElementById("said").textContent = "widest " + widest.toFixed(3) + " of " + count;
</script>
"""


def page_print(paths, font):
    figures = ""
    tree.register_namespace("", SVG[1:-1])
    for path in paths:
        root = tree.parse(path).getroot()
        for group in root.iter(SVG + "g"):
            for element in group.findall(SVG + "text"):
                text = "".join(element.itertext()).strip()
                if text:
                    element.set("data-width", "%.3f" % (font.width(text) * float(group.get("font-size"))))
        figures += tree.tostring(root, encoding="unicode")
    print(PAGE % figures)
    return 0


def main(paths):
    if paths[:1] == ["--page"]:
        return page_print(paths[1:], font_find())
    font, status = font_find(), 0 if paths else 3
    for path in paths:
        try:
            for fault in faults_of(path, font):
                print("%s: %s" % (path, fault))
                status = max(status, 1)
        except (OSError, ValueError, TypeError, AttributeError, tree.ParseError) as error:
            print("%s: not understood: %s" % (path, error))
            status = 3
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
