# SPDX-License-Identifier: BSD-2-Clause
# Linux's mechanisms as Markdown tables (ci/table). Input, tab-separated: source, workload, variant, median; of the source "host" also both ends
# of the median's interval and the system calls. Sources: full, other (instructions; other: under the normal scheduling policy), off and on (without and
# with mitigations), host (ns), base (one line: what ratios are to), cycles (one line: a host's, or why there are none).
#   -v kind=mechanisms   the smallest payload by placement, with ratios; a host
#   -v kind=sizes        the larger payloads, one CPU
#   -v kind=all          everything with a placement, and null system calls: instructions and a host
#   -v kind=mitigations  what they add, by workload
#   -v kind=policies     one CPU under either scheduling policy
#   -v kind=cheapest     the sentence that ends mechanisms and policies
function part(variant, key,    n, i, item) {
    n = split(variant, item, ",")
    for (i = 1; i <= n; i++) if (index(item[i], key "=") == 1) return substr(item[i], length(key) + 2)
    return ""
}
function grouped(number,    text, at) {
    if (number < 0) return "-" grouped(-number)
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
$1 == "cycles" { cycles_why = $2; next }
{
    source = $1
    method = part($3, "method"); bytes = part($3, "bytes"); placement = part($3, "placement")
    if ($2 ~ /crosscheck/) next
    if (part($3, "counter") != "") source = "cycles"
    if (placement == "") {
        if (kind != "mitigations" && (kind != "all" || $2 !~ /null_syscall|vdso/)) next
        placement = "same_cpu"
    }
    key = key_of(source, $2, bytes, placement)
    if (key in value && method != "batched") next
    value[key] = $4
    if (source == "host" || source == "cycles") { interval[key] = grouped($5) " to " grouped($6); calls[$2, bytes] = $7 }
    if (source == "on" && !(key in paired)) { paired[key] = 1; pair_keys[$2, ++pair_count[$2]] = bytes SUBSEP placement }
    if (source == "full" && (kind == "all" || part($3, "placement") != "")) {
        if (!($2 in smallest)) names[++count] = $2
        if (!($2 in smallest) || bytes + 0 < smallest[$2] + 0) smallest[$2] = bytes
        sizes[$2, bytes] = 1
    }
}

function host_cell(workload, bytes, placement,    key) {
    key = key_of("host", workload, bytes, placement)
    return key in value ? sprintf("%s%s (%s)", placement == "two_cpus" ? "two CPUs: " : "", grouped(value[key]), interval[key]) : "-"
}
function cell_at(source, workload, bytes, placement,    key) {
    key = key_of(source, workload, bytes, placement)
    return key in value ? grouped(value[key]) " (" interval[key] ")" : "-"
}
function cheapest_of(source,    i, w, key, best) {
    for (i = 1; i <= count; i++) {
        w = names[i]; key = key_of(source, w, smallest[w], "same_cpu")
        if (w ~ /round_trip/ && key in value && (best == "" || value[key] < value[key_of(source, best, smallest[best], "same_cpu")])) best = w
    }
    return best
}
function cheapest_text(source,    w, amount) {
    w = cheapest_of(source); amount = value[key_of(source, w, smallest[w], "same_cpu")]
    return sprintf("`%s`, %s instructions, %.1f times `%s`", w, grouped(amount), amount / base, base_name)
}
function cheapest_print() {
    printf "%sThe cheapest that does not spin, one CPU: under SCHED_FIFO %s", kind == "cheapest" ? "" : "\n", cheapest_text("full")
    if (cheapest_of("other") != "") printf "; under SCHED_OTHER, Linux's normal policy, %s", cheapest_text("other")
    print "."
}
function mechanisms_print(    i, w, b, where) {
    print "| mechanism | payload | one CPU | one CPU, SCHED_OTHER | two CPUs | unpinned | host, one CPU: ns (95 % of the median) | system calls |"
    print "|---|---|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= count; i++) {
        w = names[i]; b = smallest[w]
        if (w !~ /round_trip|without/) continue
        where = key_of("full", w, b, "same_cpu") in value ? "same_cpu" : "two_cpus"
        printf "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", name_of(w), bytes_text(b), cell_ratio(w, b, "same_cpu"), cell("other", w, b, "same_cpu"),
               cell_ratio(w, b, "two_cpus"), cell_ratio(w, b, "unpinned"), host_cell(w, b, where), (w, b) in calls ? calls[w, b] : "-"
    }
    cheapest_print()
}
function all_print(    i, s, w, n, size) {
    n = split("0 1 4 8 64 4096 65536 1048576", size, " ")
    print "| workload | payload | one CPU: instructions | two CPUs | unpinned | one CPU: ns (95 %) | two CPUs | unpinned | cycles (95 %) | system calls |"
    print "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= count; i++) for (s = 0; s <= n; s++) {
        w = names[i]
        if (!((w, size[s]) in sizes) || (s == 0 && sizes[w, ""] == "")) continue
        printf "| `%s` | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name_of(w), s == 0 ? "-" : bytes_text(size[s]), cell("full", w, size[s], "same_cpu"),
               cell("full", w, size[s], "two_cpus"), cell("full", w, size[s], "unpinned"), cell_at("host", w, size[s], "same_cpu"), cell_at("host", w, size[s], "two_cpus"),
               cell_at("host", w, size[s], "unpinned"), cell_at("cycles", w, size[s], "same_cpu"), (w, size[s]) in calls ? calls[w, size[s]] : "-"
    }
    printf "\nCycles of this host: %s.\n", cycles_why
}
# One line a workload: its smallest payload in full, then how many rows of it there are in both, and the range over those of that placement (rows of two
# CPUs have two states, and which one a row is in says nothing about mitigations).
function mitigations_print(    i, j, w, n, list, at, where, smallest_bytes, key, ratio, low, high, rows, total) {
    print "| workload | payload, placement | off | on | added | added, % | rows | least | most |"
    print "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for (w in pair_count) list[++n] = w
    sort(list, n)
    for (i = 1; i <= n; i++) {
        w = list[i]; rows = 0; low = 1e9; high = -1e9; smallest_bytes = ""; where = w ~ /spin/ ? "two_cpus" : "same_cpu"
        for (j = 1; j <= pair_count[w]; j++) {
            split(pair_keys[w, j], at, SUBSEP); key = key_of("off", w, at[1], at[2])
            if (!(key in value)) continue
            rows++
            if (at[2] != where) continue
            ratio = 100 * (value[key_of("on", w, at[1], at[2])] / value[key] - 1)
            if (high < low || at[1] + 0 < smallest_bytes + 0) smallest_bytes = at[1]
            if (ratio < low) low = ratio
            if (ratio > high) high = ratio
        }
        if (high < low) continue
        key = key_of("on", w, smallest_bytes, where); ratio = value[key] - value[key_of("off", w, smallest_bytes, where)]
        printf "| `%s` | %s | %s | %s | %s | %+.1f %% | %d | %+.1f %% | %+.1f %% |\n", name_of(w), smallest_bytes == "" ? "-" : bytes_text(smallest_bytes) (w ~ /^linux\.(vm|context_switch)/ ? "" : ", " where),
               grouped(value[key] - ratio), grouped(value[key]), grouped(ratio), 100 * ratio / (value[key] - ratio), rows, low, high
        total += rows
    }
    printf "\n%d rows, each without and with mitigations.\n", total
}
function policies_print(    i, w, b) {
    print "| mechanism | payload | SCHED_FIFO | SCHED_OTHER | |"
    print "|---|---|---:|---:|---:|"
    for (i = 1; i <= count; i++) {
        w = names[i]; b = smallest[w]
        if (key_of("other", w, b, "same_cpu") in value && key_of("full", w, b, "same_cpu") in value)
            printf "| `%s` | %s | %s | %s | %+.1f %% |\n", name_of(w), bytes_text(b), cell("full", w, b, "same_cpu"), cell("other", w, b, "same_cpu"),
                   100 * (value[key_of("other", w, b, "same_cpu")] / value[key_of("full", w, b, "same_cpu")] - 1)
    }
    cheapest_print()
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
    if ((count == 0 || base == "") && kind != "mitigations") exit 1
    sort(names, count)
    if (kind == "mechanisms") mechanisms_print()
    else if (kind == "all") all_print()
    else if (kind == "mitigations") mitigations_print()
    else if (kind == "policies") policies_print()
    else if (kind == "cheapest") cheapest_print()
    else sizes_print()
}
