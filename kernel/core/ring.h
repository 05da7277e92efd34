/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rings: lists without an end, through two fields of their elements, `next` and `prev`. `head` points at one of them, or is NULL.
 */
#ifndef KERNEL_CORE_RING_H
#define KERNEL_CORE_RING_H

/* Before the head, which is the last place; the first element of all becomes the head. */
#define RING_ADD(head, element, next, prev) \
    do { \
        (element)->next = (head) ? (head) : (element); \
        (element)->prev = (head) ? (head)->prev : (element); \
        (element)->prev->next = (element)->next->prev = (element); \
        if (!(head)) \
            (head) = (element); \
    } while (0)

#define RING_REMOVE(head, element, next, prev) \
    do { \
        if ((head) == (element)) \
            (head) = (element)->next == (element) ? NULL : (element)->next; \
        (element)->next->prev = (element)->prev; \
        (element)->prev->next = (element)->next; \
    } while (0)

#endif
