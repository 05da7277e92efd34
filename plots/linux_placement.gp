# SPDX-License-Identifier: BSD-2-Clause
# Figure: what it does to Linux's mechanisms where client and server run; logarithmic axis, one line for each, a point for each placement.
# Columns of the data: position, name, same CPU, two CPUs, unpinned (NaN: not measured).
# Needs: name, data, title, unit, axis, rows, low, high, caption, caption_lines.
load "style.gp"

height = rows * row_height + 128.0 + caption_height
# The key names a placement only when there is a point of it. Before the ranges, which bound what is looked at.
stats data using ($5 == $5 ? 1 : 0) nooutput name "points"
unpinned = exists("points_sum") && points_sum > 0
set logscale x 10
set xrange [low / 1.4 : high * 1.4]
set yrange [rows - 0.4 : -0.6]
set xlabel axis textcolor rgb color_text offset 0, 0.3
set ytics scale 0
set grid xtics ytics
set format x "%.0s%c"
eval(tics_125)
set tmargin at screen 1 - 62.0 / height
set bmargin at screen (caption_height + 64.0) / height
set rmargin 3

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.5, 1 - 42.0 / height center center horizontal reverse Left samplen 2 width 2 font small
    plot data using 3:1:ytic(2) with points linestyle 1 pointsize 1.0 title "one CPU", \
         data using 4:1 with points linestyle 3 pointsize 1.2 title "two CPUs", \
         data using 5:1 with points linestyle 2 pointsize 1.3 title (unpinned ? "unpinned" : "")
    unset output
}
