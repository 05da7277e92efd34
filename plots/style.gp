# SPDX-License-Identifier: BSD-2-Clause
# The one style of all figures: terminals, colours, fonts, margins, captions. Each figure's script loads it.
#
# A figure written by `tollgate report` opens with the variables that it was made from (name, data, unit, caption, ...), so
# `gnuplot <name>.gp` beside its data draws it again. No date goes into a picture: the same data give the same bytes.

set encoding utf8
set colorsequence podo          # safe for the colour-blind; hatch, dash and point shape tell the same things in grey
set datafile separator "\t"

# Eight colours, two dashes: sixteen curves that print and photocopies still tell apart by their points.
shades = "#000000 #e69f00 #56b4e9 #009e73 #0072b2 #d55e00 #cc79a7 #7f7f7f"
shade(i) = word(shades, i % 8 + 1)

# Palette, by role. podo: 1 black, 2 orange, 3 sky blue, 4 green, 5 yellow, 6 blue, 7 vermilion, 8 purple.
color_ours  = "#0072b2"
color_other = "#e69f00"
color_third = "#009e73"
color_fourth = "#cc79a7"
color_slow  = "#d55e00"
color_text  = "#222222"
color_faint = "#c8c8c8"
color_note  = "#555555"

figure_width = 660.0            # pixels of the SVG; the PNG has twice as many each way
row_height   = 24.0             # of one horizontal bar
caption_line = 17.0             # height of one line of the caption

# Commands that select a terminal; a script evaluates one and then plots: eval(terminal_command("svg", 420))
terminal_command(format, height) = format eq "svg" ? \
    sprintf("set terminal svg noenhanced size %d,%d dynamic name '%s' font 'sans-serif,13' background 'white'", \
            int(figure_width), int(height), id) : \
    format eq "pdf" ? \
    sprintf("set terminal pdfcairo noenhanced size %.4fin,%.4fin font 'DejaVu Sans,13' fontscale 0.5 linewidth 1 background '#ffffff'", \
            figure_width / 96, height / 96) : \
    sprintf("set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2 background '#ffffff'", \
            2 * int(figure_width), 2 * int(height))
output_command(format) = sprintf("set output '%s.%s'", name, format)
small_font(format) = format eq "svg" ? "sans-serif,11" : "DejaVu Sans,11"
bold_font(format)  = format eq "svg" ? "sans-serif,15" : "DejaVu Sans:Bold,14" # the svg terminal knows no weight

# Pixels that a text takes at most, on the average of its characters: of names beside an axis, and in the small font. Scripts that leave room
# for labels count with these; harness/test/figures.sh measures what came out.
name_pixels(characters) = 8.0 * characters
small_pixels(characters) = 6.8 * characters

# Fraction of the figure's height that the caption below the axis takes, and the same for a number of pixels.
caption_height = caption_lines * caption_line + 14.0
part(pixels, height) = pixels / height

set style fill solid 1.0 border rgb "#000000"
set boxwidth 0.8
set border 3 linecolor rgb color_text linewidth 1
set tics nomirror out scale 0.6
set grid linecolor rgb color_faint linewidth 0.8 dashtype solid
set key noautotitle

# Hatches for bars: what is ours is solid, what is not is hatched, so that grey prints still tell.
hatch_linux = 4
hatch_1 = 4
hatch_2 = 5
hatch_3 = 2

set style line 1 linecolor rgb color_ours   linewidth 2.2 dashtype solid    pointtype 7 pointsize 0.7
set style line 2 linecolor rgb color_other  linewidth 2.2 dashtype (8,4)    pointtype 4 pointsize 1.3
set style line 3 linecolor rgb color_slow   linewidth 2.2 dashtype (8,4)    pointtype 9 pointsize 1.1
set style line 4 linecolor rgb "#000000"    linewidth 1.6 dashtype (2,3)    pointtype 13 pointsize 0.8

# Distance between tics that puts three to six of them on a short axis of this length.
tick(length) = tick_of(length, 10.0 ** floor(log10(length)))
tick_of(length, magnitude) = length / magnitude < 2 ? magnitude / 2 : length / magnitude < 5 ? magnitude : 2 * magnitude

# eval(tics_125): on a logarithmic axis from `low` to `high` that spans less than two decades, tics at 1, 2 and 5 of each; otherwise decades.
tics_125 = 'if (high / low < 100) { set xtics (); set mxtics 1; do for [k = -3 : 7] { do for [m in "1 2 5"] { ' . \
           'tic = (m + 0.0) * 10.0 ** k; if (tic >= low / 1.5 && tic <= high * 1.5) { ' . \
           'set xtics add (gprintf(tic < 1 ? "%g" : "%.0s%c", tic) tic) } } } }'
