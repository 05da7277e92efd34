# SPDX-License-Identifier: BSD-2-Clause
# Figure: medians of some rows over commits, a panel for each row; a level holds until the next commit of the longest chain that was measured.
# Three blocks of the data for each row, the first line of each of them nothing. Commits of the longest chain: place, median, low and high end of its interval, text where the
# level is new. Lines of descent beside it: place and median of an ancestor, place and median of the commit, 1 when that is not of the chain. Changes: place, median.
# Needs: name, data, title, unit, axis, panels, entries, arrays low, high, panel (names), commits (blank-separated, in the order of places), caption, caption_lines.
load "style.gp"

panel_height = 62.0
panel_space = 32.0 # above a panel: its name
height = 40.0 + panels * (panel_height + panel_space) + 66.0 + caption_height
left_edge = 0.12
right_edge = 0.89 # behind it the last level
place_pixels = (right_edge - left_edge) * figure_width / (entries - 0.2)
character_pixels = 7.0 # of a digit in the small font, or less
set xrange [-0.4 : entries - 1 + 0.4]
set lmargin at screen left_edge
set rmargin at screen right_edge
set grid ytics
set format y "%.10g"
# A figure stands where the one before has ended, and before the panel does.
free_from = 0.0
room_for(x, text) = x * place_pixels < free_from || (x + 0.4) * place_pixels + character_pixels * strlen(text) > (right_edge - left_edge) * figure_width ? "" : \
    (free_from = x * place_pixels + character_pixels * (strlen(text) + 1), text)
level(x, text) = strlen(text) == 0 ? "" : room_for(x, text)
last = ""

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set multiplot
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set label 3 axis at screen 0.02, 1 - (40.0 + panels * (panel_height + panel_space) / 2) / height center rotate by 90 textcolor rgb color_text
    do for [i = 1 : panels] {
        top = 40.0 + (i - 1) * (panel_height + panel_space) + panel_space
        span = high[i] > low[i] ? high[i] - low[i] : 0.2 * high[i] + 1
        set yrange [low[i] - 0.15 * span : high[i] + 0.45 * span]
        set ytics tick(2 * span)
        unset xtics
        if (i == panels) {
            set xtics nomirror rotate by 55 right scale 0.4 ()
            stride = entries > 40 ? entries / 40 + 1 : 1
            do for [k = 0 : entries - 1 : stride] { set xtics add (word(commits, k + 1) k) }
        }
        set tmargin at screen 1 - top / height
        set bmargin at screen 1 - (top + panel_height) / height
        set label 4 panel[i] at screen left_edge, 1 - (top - 12.0) / height left font small textcolor rgb color_text
        stats data index 3 * (i - 1) using (last = strlen(strcol(5)) ? strcol(5) : last, last_y = $2) nooutput
        set label 5 last at screen right_edge + 0.012, first last_y left font small textcolor rgb color_text
        plot data index 3 * (i - 1) + 1 using 1:2:($3 - $1):($4 - $2) with vectors nohead linewidth 1 dashtype 3 linecolor rgb color_note, \
             data index 3 * (i - 1) using 1:2 with steps linewidth 1.8 linecolor rgb color_ours, \
             data index 3 * (i - 1) using 1:3:(0):($4 - $3) with vectors nohead linewidth 1 linecolor rgb color_text, \
             data index 3 * (i - 1) using 1:2 with points linecolor rgb color_ours pointtype 7 pointsize 0.4, \
             data index 3 * (i - 1) + 1 using ($5 == 1 ? $3 : NaN):4 with points linecolor rgb color_slow pointtype 6 pointsize 0.4, \
             data index 3 * (i - 1) + 2 using 1:2 with points linecolor rgb color_text pointtype 6 pointsize 1.1, \
             free_from = 0.0, data index 3 * (i - 1) using 1:2:(level($1, strcol(5))) with labels left offset 0.2, 0.75 font small textcolor rgb color_text
        unset label 1
        unset label 2
        unset label 3
    }
    unset label 4
    unset label 5
    unset multiplot
    unset output
}
