// Computes for as long as it is told, and imports nothing.
#include <stddef.h>
#include <stdint.h>

#define LIMIT 100000
#define SIDE 96

static uint8_t composite[LIMIT];
static double left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

// How many primes there are below 100,000, found so often.
__attribute__((export_name("primes"))) uint32_t primes(uint32_t rounds) {
    uint32_t found = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        found = 0;
        for (size_t n = 0; n < LIMIT; n++) composite[n] = 0;
        for (size_t n = 2; n < LIMIT; n++) {
            if (composite[n]) continue;
            found++;
            for (size_t multiple = n * 2; multiple < LIMIT; multiple += n) composite[multiple] = 1;
        }
    }
    return found;
}

// The sum of the products of two matrices, multiplied so often.
__attribute__((export_name("multiply"))) double multiply(uint32_t rounds) {
    double sum = 0;
    for (size_t row = 0; row < SIDE; row++)
        for (size_t column = 0; column < SIDE; column++) {
            left[row][column] = (double)(row + column);
            right[row][column] = (double)(row * column % 7);
        }
    for (uint32_t round = 0; round < rounds; round++) {
        for (size_t row = 0; row < SIDE; row++)
            for (size_t column = 0; column < SIDE; column++) {
                double cell = 0;
                for (size_t k = 0; k < SIDE; k++) cell += left[row][k] * right[k][column];
                product[row][column] = cell;
            }
        for (size_t at = 0; at < SIDE; at++) sum += product[at][at];
    }
    return sum;
}
