# SPDX-License-Identifier: BSD-2-Clause
# Figure: medians of some rows over commits, in steps; a level holds until the next commit that was measured.
# Columns of the data: place of the commit, median, low and high end of its interval, text where the level is new; a block for each row, its
# first line is its name.
# Needs: name, data, title, unit, axis, curves, low, high, entries, commits (blank-separated), caption, caption_lines.
load "style.gp"

legend = 21.0 * curves + 6.0
height = 470.0 + legend + caption_height
set logscale y 10
set xrange [-0.4 : entries - 1 + 0.4]
set yrange [low / 1.8 : high * 2]
set xtics rotate by -55 scale 0.4 ()
stride = entries > 40 ? entries / 40 + 1 : 1
do for [i = 0 : entries - 1 : stride] { set xtics add (word(commits, i + 1) i) }
set grid ytics
set format y "%.0f"
set ylabel axis textcolor rgb color_text
set tmargin at screen 1 - 44.0 / height
set bmargin at screen (caption_height + legend + 76.0) / height
set lmargin at screen 0.12
set rmargin at screen 0.97

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.1, (caption_height + legend) / height left top vertical Left reverse maxcols 1 samplen 3 spacing 1.2 font small
    plot for [i = 0 : curves - 1] data index i using 1:2 with steps linewidth 1.8 linecolor rgb shade(i) dashtype 1 + i % 4 title columnheader(1), \
         for [i = 0 : curves - 1] data index i using 1:2:3:4 with yerrorbars linecolor rgb shade(i) pointtype 1 + i pointsize 0.7, \
         for [i = 0 : curves - 1] data index i using 1:2:5 with labels left offset 0.3, 0.7 font small textcolor rgb color_text
    unset output
}
