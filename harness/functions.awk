# SPDX-License-Identifier: BSD-2-Clause
# From `objdump -d --show-raw-insn -w`: for each symbol of the kernel's text its instructions, its bytes, and a digest of what the instructions say,
# separated by tabs, sorted by the caller. Addresses are left out of the digest: code that only moved keeps it. A jump counts by its distance within
# the function and by the name of its target outside.
BEGIN {
    FS = "\t"; OFS = "\t"
    for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i
}
function digest_add(text,   i) {
    for (i = 1; i <= length(text); i++) digest = (digest * 31 + ord[substr(text, i, 1)]) % 2147483647
}
function flush() {
    if (name != "" && instructions > 0) print (++seen[name] > 1 ? name "#" seen[name] : name), instructions, bytes, sprintf("%08x", digest)
    instructions = 0; bytes = 0; digest = 7; pending = 0; pending_bytes = 0; pending_text = ""
}
/^[0-9a-f]+ <.*>:$/ { flush(); name = $0; sub(/^[0-9a-f]+ </, "", name); sub(/>:$/, "", name); next }
NF >= 3 {
    n = split($2, raw, " "); text = $3
    sub(/ *#.*/, "", text)                       # comment with an absolute address
    gsub(/[ \t]+/, " ", text); sub(/ $/, "", text)
    if (text ~ /[0-9a-f]+ <.*>$/) {              # a branch: only the symbol remains, with the distance when it is our own
        target = text; sub(/.*</, "", target); sub(/>$/, "", target)
        operation = text; sub(/ .*/, "", operation)
        base = target; sub(/\+0x[0-9a-f]+$/, "", base)
        text = operation " " (base == name ? target : base)
    } else gsub(/-?0x[0-9a-f]+\(%rip\)/, "(%rip)", text)
    gsub(/-?0x[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/, "A", text) # an address as a constant
    # Padding between functions is not code: it counts only when something follows it.
    if (text ~ /^(nop|data16|cs nop|int3|xchg %ax,%ax)/) { pending++; pending_bytes += n; pending_text = pending_text text; next }
    instructions += pending + 1; bytes += pending_bytes + n
    digest_add(pending_text text); pending = 0; pending_bytes = 0; pending_text = ""
}
END { flush() }
