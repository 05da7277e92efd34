# SPDX-License-Identifier: BSD-2-Clause
# Figure: first operation and operations with cold caches, as multiples of the warm median of the same row; logarithmic axis, one line for each.
# Columns of the data: position, name; first, L1 evicted, TLB flushed, cold, each / warm (NaN: not measured); text at the right.
# Needs: name, data, title, unit, axis, rows, low, high, caption, caption_lines.
load "style.gp"

height = rows * row_height + 150.0 + caption_height
set logscale x 10
set xrange [low / 1.5 : high * 1.5]
set yrange [rows - 0.4 : -0.6]
set xlabel axis textcolor rgb color_text offset 0, 0.3
set ytics scale 0
set grid xtics ytics
set format x "%g"
if (high < 20) { eval(tics_125) } # the axis is short: further out only decades have room
set tmargin at screen 1 - 84.0 / height
set bmargin at screen (caption_height + 64.0) / height
set rmargin at screen 0.74

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.5, 1 - 54.0 / height center center horizontal reverse Left maxcols 3 samplen 2 width 2 font small
    plot data using (1):1:ytic(2) with points linestyle 1 pointsize 1.0 title "warm median", \
         data using 3:1 with points linestyle 3 pointsize 1.2 title "first of all", \
         data using 4:1 with points linestyle 2 pointsize 1.1 title "L1 evicted", \
         data using 5:1 with points pointtype 12 pointsize 1.4 linecolor rgb color_third title "TLB flushed", \
         data using 6:1 with points pointtype 2 pointsize 1.1 linewidth 1.6 linecolor rgb "#000000" title "cold", \
         data using (high * 1.5):1:7 with labels left offset 1, 0 font small textcolor rgb color_text
    unset output
}
