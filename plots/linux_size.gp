# SPDX-License-Identifier: BSD-2-Clause
# Figure: one curve for each of Linux's mechanisms by size of the payload, both axes logarithmic.
# Columns of the data: bytes, value; a block for each curve, its first line is its name.
# Needs: name, data, title, unit, axis, xaxis, curves, low, high, bytes_high, caption, caption_lines.
load "style.gp"

height = 470.0 + caption_height
set logscale x 2
set logscale y 10
set xrange [0.8 : bytes_high * 1.3]
set yrange [low / 1.5 : high * 1.6]
set xtics ("1" 1, "8" 8, "64" 64, "512" 512, "4 Ki" 4096, "64 Ki" 65536, "1 Mi" 1048576)
set format y "%.0s%c"
set xlabel xaxis textcolor rgb color_text offset 0, 0.3
set ylabel axis textcolor rgb color_text
set grid xtics ytics
set tmargin at screen 1 - 44.0 / height
set bmargin at screen (caption_height + 64.0) / height
set lmargin at screen 0.16
set rmargin at screen 0.66

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.675, 1 - 44.0 / height left top vertical Left reverse samplen 2.5 spacing 1.25 font small
    plot for [i = 0 : curves - 1] data index i using 1:2 with linespoints linewidth 1.6 linecolor rgb shade(i) \
         dashtype 1 + i / 8 pointtype 1 + i % 13 pointsize 0.8 title columnheader(1)
    unset output
}
