# SPDX-License-Identifier: BSD-2-Clause
# Figure: a table of a paper beside ours, named bars; one panel for each unit, published ones hatched, each with a logarithmic axis of its own.
# Columns of the data: position, group (0 measured here, 1 published), value, name, text at the end of the bar; a block for each panel.
# Needs: name, data, title, unit, panels, name_lines (of the longest name), arrays axis, rows, low, high (one for each panel), caption, caption_lines.
load "style.gp"
if (name_lines > 1) { row_height = 4.0 + 15.0 * name_lines }

panel_space = 66.0               # below a panel: tics and axis
height = 46.0 + caption_height
do for [i = 1 : panels] { height = height + rows[i] * row_height + panel_space }
set logscale x 10
set ytics scale 0
set grid xtics noytics
set mxtics 10
set lmargin at screen 0.56
set rmargin at screen 0.97

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set ytics font small # names are sentences
    set multiplot
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    top = 42.0
    do for [i = 1 : panels] {
        start = 10.0 ** floor(log10(low[i]) - 0.15)
        set format x (start < 1 ? "%g" : "%.0s%c") # not 100m for a tenth
        set xrange [start : high[i] * (high[i] / start) ** 0.25]
        set xtics 1e-3, 10, 10.0 ** ceil(log10(high[i]))
        set yrange [rows[i] - 0.4 : -0.6]
        set xlabel axis[i] textcolor rgb color_text offset 0, 0.3
        set tmargin at screen 1 - top / height
        set bmargin at screen 1 - (top + rows[i] * row_height) / height
        plot data index i - 1 using ($2 == 0 ? $3 : NaN):1:(start):3:($1 - 0.38):($1 + 0.38):ytic(4) \
                 with boxxyerror fill solid 1.0 border rgb "#000000" linecolor rgb color_ours, \
             data index i - 1 using ($2 == 1 ? $3 : NaN):1:(start):3:($1 - 0.38):($1 + 0.38) \
                 with boxxyerror fill pattern hatch_linux border rgb "#000000" linecolor rgb color_slow, \
             data index i - 1 using 3:1:5 with labels left offset 0.7, 0 font small textcolor rgb color_text
        unset label 1
        unset label 2
        top = top + rows[i] * row_height + panel_space
    }
    unset multiplot
    unset output
}
