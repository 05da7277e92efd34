# SPDX-License-Identifier: BSD-2-Clause
# Figure: cost of a call by message words, fast path, between and within address spaces; one point for each measured size.
# Columns of the data: words, value, relation (0 inter, 1 intra), text to print at the point (may be empty), 1 at a knee.
# Needs: name, data, title, unit, axis, high, words_high, have_inter, have_intra, caption, caption_lines.
load "style.gp"

height = 392.0 + caption_height
set xrange [-0.05 * words_high : 1.05 * words_high + 0.5]
set yrange [0 : high * 1.16]
set xlabel "untyped message words (8 bytes each)" textcolor rgb color_text offset 0, 0.3
set ylabel axis textcolor rgb color_text
set xtics 0, words_high > 16 ? 8 : words_high > 4 ? 2 : 1
set grid xtics ytics
set format y "%.0f"
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
    set key at screen 0.5, 1 - 44.0 / height center center horizontal reverse Left samplen 4 width 2 font small
    plot data using ($3 == 1 ? $1 : NaN):2 with linespoints linestyle 2 title have_intra ? "intra: one address space" : "", \
         data using ($3 == 0 ? $1 : NaN):2 with linespoints linestyle 1 title have_inter ? "inter: two address spaces" : "", \
         data using ($5 == 1 ? $1 : NaN):2 with points pointtype 6 pointsize 2.2 linewidth 1.4 linecolor rgb color_text, \
         data using ($3 == 0 ? $1 : NaN):2:4 with labels right offset -0.1, 0.8 font small textcolor rgb color_ours, \
         data using ($3 == 1 ? $1 : NaN):2:4 with labels left offset 0.1, -0.8 font small textcolor rgb color_text
    unset output
}
