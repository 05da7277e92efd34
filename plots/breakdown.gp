# SPDX-License-Identifier: BSD-2-Clause
# Figure: steps of one message as stacked bars, and what the machine makes unavoidable. A number in each segment names its step, so that the
# figure reads without colour.
# Columns of the data: position, name of the bar, begin and end of the segment, number of the step (from 0), value as text. Second block: position, end of the bar,
# text behind it.
# Needs: name, data, title, unit, axis, bars, high, steps (blank-separated, underscores for blanks), caption, caption_lines.
load "style.gp"

# A number stands where it fits; those that do not are told behind the bar (thin).
longest = 0
stats data index 0 using (longest = strlen(strcol(2)) > longest ? strlen(strcol(2)) : longest, 0) nooutput
across = figure_width - name_pixels(longest) - 60.0
fits(length, number) = length / (1.6 * high) * across > small_pixels(number > 9 ? 2 : 1) + 3
array narrow[bars]
do for [i = 1 : bars] { narrow[i] = "" }
stats data index 0 using (narrow[$1 + 1] = narrow[$1 + 1] . (fits($4 - $3, $5 + 1) ? "" : sprintf(" %d", $5 + 1)), 0) nooutput
behind(bar, text) = text . (strlen(narrow[bar + 1]) ? "  thin:" . narrow[bar + 1] : "")
# The axis goes on until every bar has room for its text.
wanted(value, text) = value * across / (across - small_pixels(strlen(text)) - 10)
stretch = 1.35 * high
stats data index 1 using (stretch = wanted($2, behind($1, strcol(3))) > stretch ? wanted($2, behind($1, strcol(3))) : stretch, 0) nooutput
bar_height = 38.0
step_count = words(steps)
legend = 21.0 * ((step_count + 1) / 2) + 8.0
height = bars * bar_height + 110.0 + legend + caption_height
set xrange [0 : stretch]
set yrange [bars - 0.4 : -0.6]
set xlabel axis textcolor rgb color_text offset 0, 0.3
set ytics scale 0
set grid xtics noytics
set format x "%.0f"
set tmargin at screen 1 - 44.0 / height
set bmargin at screen (caption_height + legend + 56.0) / height
set rmargin 3
# Words of a step, underscores as blanks.
spaced(text) = strstrt(text, "_") == 0 ? text : spaced(text[1 : strstrt(text, "_") - 1] . " " . text[strstrt(text, "_") + 1 : *])
tints = "#9ecae1 #ffffff #fdd0a2 #d9d9d9 #a1d99b #6baed6 #fdae6b #bdbdbd"
tint(i) = word(tints, i % 8 + 1)

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.97, (caption_height + legend) / height right top horizontal Left reverse maxcols 2 samplen 2 width 1 font small
    plot for [i = 0 : step_count - 1] data index 0 using ($5 == i ? $3 : NaN):1:3:4:($1 - 0.36):($1 + 0.36):ytic(2) \
             with boxxyerror fill solid 1.0 border rgb "#000000" linecolor rgb tint(i) title sprintf("%d %s", i + 1, spaced(word(steps, i + 1))), \
         data index 0 using (fits($4 - $3, $5 + 1) ? ($3 + $4) / 2 : NaN):1:(sprintf("%d", $5 + 1)) with labels center font small textcolor rgb "#000000", \
         data index 1 using 2:1:(behind($1, strcol(3))) with labels left offset 0.7, 0 font small textcolor rgb color_text
    unset output
}
