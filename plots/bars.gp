# SPDX-License-Identifier: BSD-2-Clause
# Figure: named bars in two groups, the first solid, the second hatched; logarithmic axis, or one from 0 (linear = 1), text at the end of each bar. IPC against Linux's
# mechanisms, two CPUs, mitigations, numbers of the literature.
# Columns of the data: position, group (0 or 1; 2: a heading, no bar), value, name, text at the end of the bar.
# Needs: name, data, title, unit, axis, rows, low, high (of the values), key_0, key_1 (names of the groups; '' for none), caption, caption_lines.
load "style.gp"

height = rows * row_height + 128.0 + caption_height
if (!exists("linear")) linear = 0
# A bar starts at a power of ten below every value; the axis goes on until every bar has room for its text.
start = 10.0 ** floor(log10(low) - 0.15)
decades = log10(high / start)
longest = 0
stats data using (longest = strlen(strcol(4)) > longest ? strlen(strcol(4)) : longest, 0) nooutput
across = figure_width - name_pixels(longest) - 36.0
wanted(value, text) = (linear ? value : log10(value / start)) * across / (across - small_pixels(strlen(text)) - 12 > 40 ? across - small_pixels(strlen(text)) - 12 : 40)
if (linear) decades = high
stats data using (decades = $2 < 2 && wanted($3, strcol(5)) > decades ? wanted($3, strcol(5)) : decades, 0) nooutput
if (!linear) {
    set logscale x 10
    set xrange [start : start * 10.0 ** decades]
} else {
    start = 0
    set xrange [0 : decades]
}
set yrange [rows - 0.4 : -0.6]
set xlabel axis textcolor rgb color_text offset 0, 0.3
set ytics scale 0
set grid xtics noytics
# None where only text stands.
if (linear) {
    step = 10.0 ** floor(log10(high))
    step = high / step < 3 ? step / 2 : step
    set xtics 0, step, high
    set format x "%.12g"
} else {
    set xtics 1e-3, 10, 10.0 ** ceil(log10(high))
    set mxtics 10
    set format x "%.0s%c" # 10, 100, 1k, 10k
}
set tmargin at screen 1 - 62.0 / height
set bmargin at screen (caption_height + 64.0) / height
set rmargin 2

do for [format in "svg png pdf"] {
    eval(terminal_command(format, height))
    eval(output_command(format))
    small = small_font(format)
    bold = bold_font(format)
    set label 1 title at screen 0.5, 1 - 20.0 / height center font bold textcolor rgb color_text
    set label 2 caption at screen 0.015, (caption_height - 8.0) / height left font small textcolor rgb color_note
    set key at screen 0.5, 1 - 42.0 / height center center horizontal reverse Left samplen 2 width 2 font small
    plot data using ($2 == 0 ? $3 : NaN):1:(start):3:($1 - 0.38):($1 + 0.38):ytic(4) \
             with boxxyerror fill solid 1.0 border rgb "#000000" linecolor rgb color_ours title key_0, \
         data using ($2 == 1 ? $3 : NaN):1:(start):3:($1 - 0.38):($1 + 0.38) \
             with boxxyerror fill pattern hatch_linux border rgb "#000000" linecolor rgb color_slow title key_1, \
         data using ($2 == 2 ? start * 1.001 : $3):1:5 with labels left offset 0.7, 0 font small textcolor rgb color_text
    unset output
}
