// The hash maps of Rust take their order from the system's random source, and a macro that age's messages are made by writes
// code in the order of such a map. A compiler that is loaded with this gets the same bytes each time, so that one source
// gives one program. Nothing of it gets into the program.
#include <string.h>
#include <sys/types.h>

ssize_t getrandom(void *into, size_t size, unsigned flags) {
    (void)flags;
    memset(into, 42, size);
    return (ssize_t)size;
}
