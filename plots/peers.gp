# SPDX-License-Identifier: BSD-2-Clause
# Figure: kernel IPC between address spaces against other microkernels counted in the same emulator, by message words.
# Bars of Tollgate are solid; hatched ones were measured separately, each kernel by its own loop.
# Columns of the data: position, system (0 Tollgate, 1..3 the others), value, text at the end of the bar.
# Needs: name, data, title, unit, axis, high, positions, groups (string of pairs: position, words), system_0 .. system_3,
# caption, caption_lines.
load "style.gp"

bar_height = 16.0
height = positions * bar_height + 142.0 + caption_height
set xrange [0 : high * 1.17]
set yrange [positions - 0.2 : -0.8]
set xlabel axis textcolor rgb color_text offset 0, 0.3
set ylabel "untyped message words" textcolor rgb color_text
set ytics scale 0 ()
do for [i = 1 : words(groups) / 2] { set ytics add (word(groups, 2 * i) word(groups, 2 * i - 1) + 0.0) }
set grid xtics noytics
set format x "%.0f"
set tmargin at screen 1 - 84.0 / height
set bmargin at screen (caption_height + 64.0) / height
set rmargin 3

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.5, 1 - 56.0 / height center center horizontal reverse Left maxcols 2 samplen 2 width 2 font small
    plot data using ($2 == 0 ? $3 : NaN):1:(0):3:($1 - 0.45):($1 + 0.45) \
             with boxxyerror fill solid 1.0 border rgb "#000000" linecolor rgb color_ours title system_0, \
         data using ($2 == 1 ? $3 : NaN):1:(0):3:($1 - 0.45):($1 + 0.45) \
             with boxxyerror fill pattern hatch_1 border rgb "#000000" linecolor rgb color_slow title system_1, \
         data using ($2 == 2 ? $3 : NaN):1:(0):3:($1 - 0.45):($1 + 0.45) \
             with boxxyerror fill pattern hatch_2 border rgb "#000000" linecolor rgb color_third title system_2, \
         data using ($2 == 3 ? $3 : NaN):1:(0):3:($1 - 0.45):($1 + 0.45) \
             with boxxyerror fill pattern hatch_3 border rgb "#000000" linecolor rgb color_fourth title system_3, \
         data using 3:1:4 with labels left offset 0.7, 0 font small textcolor rgb color_text
    unset output
}
