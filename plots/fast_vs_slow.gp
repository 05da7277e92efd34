# SPDX-License-Identifier: BSD-2-Clause
# Figure: the assembly fast path against the C slow path by message words; below them slow - fast; lowest, where it was measured, both in the
# instrumented build. Each panel has an axis of its own.
# Columns of the data: words, fast, slow, slow - fast, text to print at the difference (may be empty), traced.
# Blocks: fast, slow, difference, and with have_traced: fast traced, slow traced.
# Needs: name, data, title, unit, axis, have_traced, traced_high, high, difference_low, difference_high, words_high, caption, caption_lines.
load "style.gp"

panels_height = have_traced ? 640.0 : 470.0
height = panels_height + 62.0 + caption_height
y(pixels) = 1 - pixels / height  # of a screen, from above
set xrange [-0.05 * words_high : 1.05 * words_high + 0.5]
set xtics 0, words_high > 16 ? 8 : words_high > 4 ? 2 : 1
set grid xtics ytics
set format y "%.0f"
set lmargin at screen 0.125
set rmargin at screen 0.97
key_place = "set key at screen 0.5, y(k) center center horizontal reverse Left samplen 4 width 2 font small"
words_axis = "set format x '%.0f'; set xlabel 'untyped message words (8 bytes each)' textcolor rgb color_text offset 0, 0.3"

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set multiplot
    set label 1 title at screen 0.5, y(20.0) center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    k = 44.0; eval(key_place)
    set tmargin at screen y(62.0)
    set bmargin at screen y(330.0)
    set yrange [0 : high * 1.12]
    set ytics autofreq
    set format x ""
    unset xlabel
    set ylabel axis textcolor rgb color_text
    plot data index 1 using 1:3 with linespoints linestyle 3 title "slow path (C)", \
         data index 0 using 1:2 with linespoints linestyle 1 title "fast path (assembly)"
    unset label 1
    unset label 2
    unset key
    set tmargin at screen y(362.0)
    set bmargin at screen y(468.0)
    set yrange [difference_low : difference_high]
    set ytics tick(difference_high - difference_low)
    if (!have_traced) { eval(words_axis) }
    set ylabel "slow − fast" textcolor rgb color_text
    plot data index 2 using 1:4 with impulses linecolor rgb "#000000" linewidth 1.4, \
         data index 2 using 1:4 with points linestyle 4, \
         data index 2 using 1:4:5 with labels center offset 0, 0.9 font small textcolor rgb color_text
    if (have_traced) {
        k = 490.0; eval(key_place)
        set tmargin at screen y(508.0)
        set bmargin at screen y(638.0)
        set yrange [0 : traced_high * 1.12]
        set ytics tick(traced_high * 1.12)
        eval(words_axis)
        set ylabel "traced" textcolor rgb color_text
        plot data index 4 using 1:6 with linespoints linestyle 3 title "slow path, traced", \
             data index 3 using 1:6 with linespoints linestyle 1 title "fast path, traced"
        unset key
    }
    unset multiplot
    unset output
}
