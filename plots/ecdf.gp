# SPDX-License-Identifier: BSD-2-Clause
# Figure: empirical distribution of single operations, in steps; below it the tail, as multiples of each row's own median.
# Columns of the data: value, share at or below, value / median, share above; a block for each curve, its first line is its name. The
# block behind the last curve: 99.9th percentile (multiple, 0.001), maximum (multiple, 1 / n), number of the curve. Then: median, height, number of the curve.
# Needs: name, data, title, unit, axis, curves, low, high, best, worst, lowest, caption, caption_lines.
load "style.gp"

legend = 21.0 * curves + 6.0
height = 590.0 + legend + caption_height
top = 1 - 40.0 / height
middle = top - 250.0 / height
lower_top = middle - 66.0 / height
bottom = lower_top - 160.0 / height
wide = worst > 4
set lmargin at screen 0.13
set rmargin at screen 0.97
set grid xtics ytics
set style textbox opaque noborder margins 0.3, 0.3 # the number of a curve stands on its own curve, not beside it on the next

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set multiplot
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.1, (caption_height + legend) / height left top vertical Left reverse maxcols 1 samplen 3 spacing 1.2 font small
    set tmargin at screen top
    set bmargin at screen middle
    set logscale x 10
    unset logscale y
    set xrange [low / 1.3 : high * 1.3]
    set yrange [0 : 1.03]
    set ytics 0, 0.25 format "%.2f"
    set xtics autofreq format "%.0s%c"
    set xlabel axis textcolor rgb color_text offset 0, 0.3
    set ylabel "share at or below" textcolor rgb color_text
    plot for [i = 0 : curves - 1] data index i using 1:2 with steps linewidth 2 linecolor rgb shade(i) dashtype 1 + i % 4 title columnheader(1), \
         data index curves + 1 using 1:2:3 with labels center boxed font small textcolor rgb color_text
    unset label 1
    unset label 2
    unset key
    set tmargin at screen lower_top
    set bmargin at screen bottom
    unset logscale x
    if (wide) { set logscale x 10 }
    set logscale y 10
    set xrange [(wide ? best / 1.1 : best - 0.05) : (wide ? worst * 1.2 : worst + 0.05)]
    set yrange [lowest : 1.3]
    set xtics autofreq format "%g"
    set ytics 10 format "%g"
    set ylabel "share above" textcolor rgb color_text
    set xlabel "multiple of the row's median" . (wide ? " (logarithmic)" : "") textcolor rgb color_text offset 0, 0.3
    plot for [i = 0 : curves - 1] data index i using 3:4 with steps linewidth 2 linecolor rgb shade(i) dashtype 1 + i % 4, \
         data index curves using 1:2 with points pointtype 6 pointsize 1.2 linecolor rgb color_text, \
         data index curves using 3:4 with points pointtype 2 pointsize 0.9 linecolor rgb color_text
    unset multiplot
    unset output
}
