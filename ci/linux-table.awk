# SPDX-License-Identifier: BSD-2-Clause
# Linux's mechanisms as Markdown tables (ci/table). Input, tab-separated: source, workload, variant, median; of the source "host" also both ends
# of the median's interval and the system calls. Sources: full, mitigations (instructions), host (ns), base (one line: what ratios are to).
#   -v kind=mechanisms   the smallest payload by placement, with ratios; mitigations; a host
#   -v kind=sizes        the larger payloads, one CPU
function part(variant, key,    n, i, item) {
    n = split(variant, item, ",")
    for (i = 1; i <= n; i++) if (index(item[i], key "=") == 1) return substr(item[i], length(key) + 2)
    return ""
}
function grouped(number,    text, at) {
    text = sprintf("%.0f", number)
    for (at = length(text) - 3; at > 0; at -= 3) text = substr(text, 1, at) "," substr(text, at + 1)
    return text
}
function bytes_text(bytes) { return bytes == 1048576 ? "1 MiB" : bytes >= 4096 && bytes % 1024 == 0 ? bytes / 1024 " KiB" : bytes " B" }
# Batched where there is a batch; what takes long has none. A row for each source, workload, payload, placement.
function key_of(source, workload, bytes, placement) { return source SUBSEP workload SUBSEP bytes SUBSEP placement }
function cell(source, workload, bytes, placement,    key) {
    key = key_of(source, workload, bytes, placement)
    return key in value ? grouped(value[key]) : "-"
}
function cell_ratio(workload, bytes, placement,    key) {
    key = key_of("full", workload, bytes, placement)
    return key in value ? sprintf("%s (%.1f)", grouped(value[key]), value[key] / base) : "-"
}
function name_of(workload) { sub(/^linux\./, "", workload); return workload }
function sort(list, n,    i, j, item) {
    for (i = 2; i <= n; i++) {
        item = list[i]
        for (j = i - 1; j >= 1 && list[j] > item; j--) list[j + 1] = list[j]
        list[j + 1] = item
    }
}

BEGIN { FS = "\t" }
$1 == "base" { base = $4; base_name = $2 " " $3; next }
{
    method = part($3, "method"); bytes = part($3, "bytes"); placement = part($3, "placement")
    if (part($3, "counter") != "" || placement == "" || $2 ~ /crosscheck/) next
    key = key_of($1, $2, bytes, placement)
    if (key in value && method != "batched") next
    value[key] = $4
    if ($1 == "host") { interval[key] = grouped($5) " to " grouped($6); calls[$2, bytes] = $7 }
    if ($1 == "full") {
        if (!($2 in smallest)) names[++count] = $2
        if (!($2 in smallest) || bytes + 0 < smallest[$2] + 0) smallest[$2] = bytes
        sizes[$2, bytes] = 1
    }
}

function host_cell(workload, bytes, placement,    key) {
    key = key_of("host", workload, bytes, placement)
    return key in value ? sprintf("%s%s (%s)", placement == "two_cpus" ? "two CPUs: " : "", grouped(value[key]), interval[key]) : "-"
}
function mitigated_cell(workload, bytes, placement,    on, off) {
    on = key_of("mitigations", workload, bytes, placement); off = key_of("full", workload, bytes, placement)
    return on in value && off in value ? sprintf("%+.1f %%", 100 * (value[on] / value[off] - 1)) : "-"
}
function mechanisms_print(    i, w, b, where, cheapest) {
    print "| mechanism | payload | one CPU | two CPUs | unpinned | mitigations on | host, one CPU: ns (95 % of the median) | system calls |"
    print "|---|---|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= count; i++) {
        w = names[i]; b = smallest[w]
        if (w !~ /round_trip|without/) continue
        where = key_of("full", w, b, "same_cpu") in value ? "same_cpu" : "two_cpus"
        printf "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", name_of(w), bytes_text(b), cell_ratio(w, b, "same_cpu"), cell_ratio(w, b, "two_cpus"), cell_ratio(w, b, "unpinned"),
               mitigated_cell(w, b, where), host_cell(w, b, where), (w, b) in calls ? calls[w, b] : "-"
        if (where == "same_cpu" && w ~ /round_trip/ && (cheapest == "" || value[key_of("full", w, b, where)] < value[key_of("full", cheapest, smallest[cheapest], where)])) cheapest = w
    }
    b = value[key_of("full", cheapest, smallest[cheapest], "same_cpu")]
    printf "\nThe cheapest that does not spin: `%s`, %s instructions, %.1f times `%s`.\n", cheapest, grouped(b), b / base, base_name
}
function sizes_print(    i, s, w, n, size, text) {
    n = split("64 4096 65536 1048576", size, " ")
    print "| mechanism | 64 B | 4 KiB | 64 KiB | 1 MiB | one way: 64 B | 4 KiB | 64 KiB | 1 MiB |"
    print "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= count; i++) {
        w = names[i]
        if (w !~ /round_trip/ || !((w, 4096) in sizes)) continue
        text = "| `" name_of(w) "` |"; sub(/\.round_trip/, "", text)
        for (s = 1; s <= n; s++) text = text " " cell("full", w, size[s], w ~ /spin/ ? "two_cpus" : "same_cpu") " |"
        sub(/round_trip/, "one_way", w)
        for (s = 1; s <= n; s++) text = text " " cell("full", w, size[s], w ~ /spin/ ? "two_cpus" : "same_cpu") " |"
        print text
    }
}
END {
    if (count == 0 || base == "") exit 1
    sort(names, count)
    if (kind == "mechanisms") mechanisms_print(); else sizes_print()
}
