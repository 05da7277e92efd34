# SPDX-License-Identifier: BSD-2-Clause
# Figure: the assembly fast path against the C slow path by message words, and its traced build; below them slow - fast, on its own axis.
# Columns of the data: words, fast, slow, slow - fast, text to print at the difference (may be empty), traced.
# Needs: name, data, title, unit, axis, have_traced, high, difference_low, difference_high, words_high, caption, caption_lines.
load "style.gp"

height = 532.0 + caption_height
top = 1 - 62.0 / height
bottom = (caption_height + 64.0) / height
split = bottom + 0.30 * (top - bottom)
set xrange [-0.05 * words_high : 1.05 * words_high + 0.5]
set xtics 0, words_high > 16 ? 8 : words_high > 4 ? 2 : 1
set grid xtics ytics
set format y "%.0f"
set lmargin at screen 0.125
set rmargin at screen 0.97

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set multiplot
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.5, 1 - 44.0 / height center center horizontal reverse Left samplen 4 width 2 font small
    set tmargin at screen top
    set bmargin at screen split + 16.0 / height
    set yrange [0 : high * 1.12]
    set ytics autofreq
    set format x ""
    unset xlabel
    set ylabel axis textcolor rgb color_text
    plot data using 1:3 with linespoints linestyle 3 title "slow path (C)", \
         data using 1:6 with linespoints linestyle 2 title have_traced ? "fast path, traced" : "", \
         data using 1:2 with linespoints linestyle 1 title "fast path (assembly)"
    unset label 1
    unset label 2
    unset key
    set tmargin at screen split - 16.0 / height
    set bmargin at screen bottom
    set yrange [difference_low : difference_high]
    set ytics tick(difference_high - difference_low)
    set format x "%.0f"
    set xlabel "untyped message words (8 bytes each)" textcolor rgb color_text offset 0, 0.3
    set ylabel "slow − fast" textcolor rgb color_text
    plot data using 1:4 with impulses linecolor rgb "#000000" linewidth 1.4, \
         data using 1:4 with points linestyle 4, \
         data using 1:4:5 with labels center offset 0, 0.9 font small textcolor rgb color_text
    unset multiplot
    unset output
}
