/* A PKCS#11 module that hands every call on to another one (MODULE), and misbehaves in two of them as
 * the file CONTROL says: a word, and a number of seconds where one is needed. Without the file it is as
 * good as the other. */

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* CK_FUNCTION_LIST of PKCS#11 2.40 by the places of its functions (pkcs11f.h). */
#define FUNCTIONS 68
#define SIGN 43
#define UNWRAP_KEY 61

#define CKR_OK 0x00UL
#define CKR_GENERAL_ERROR 0x05UL
#define CKR_DEVICE_ERROR 0x30UL

struct function_list {
    unsigned char version[2];
    void *functions[FUNCTIONS];
};

typedef unsigned long get_function_list(struct function_list **);
typedef unsigned long sign(unsigned long, unsigned char *, unsigned long, unsigned char *, unsigned long *);
typedef unsigned long unwrap_key(unsigned long, void *, unsigned long, unsigned char *, unsigned long, void *,
                                 unsigned long, unsigned long *);

static struct function_list *real, mine;

/* What it is to do: 1 if it is this, with the number behind the word. */
static int is_told(const char *what, unsigned int *given)
{
    char word[32] = "";
    unsigned int number = 0;
    FILE *control = fopen(CONTROL, "r");
    if (!control)
        return 0;
    int read = fscanf(control, "%31s %u", word, &number);
    fclose(control);
    if (given)
        *given = number;
    return read >= 1 && strcmp(word, what) == 0;
}

static unsigned long my_sign(unsigned long session, unsigned char *data, unsigned long length,
                             unsigned char *signature, unsigned long *signature_length)
{
    sign *theirs = (sign *)real->functions[SIGN];
    static unsigned int signatures;
    unsigned int seconds, every;
    /* The first of two calls only asks how long the signature will be. */
    if (!signature)
        return theirs(session, data, length, signature, signature_length);
    if (is_told("sleeps", &seconds))
        sleep(seconds);
    if (is_told("hangs", NULL))
        for (;;)
            pause();
    unsigned long said = theirs(session, data, length, signature, signature_length);
    if (said != CKR_OK)
        return said;
    if (is_told("lies", &every) && every && __atomic_add_fetch(&signatures, 1, __ATOMIC_RELAXED) % every == 0)
        signature[*signature_length / 2] ^= 1;
    if (is_told("fails", NULL)) {
        memset(signature, 0, *signature_length);
        return CKR_DEVICE_ERROR;
    }
    return CKR_OK;
}

static unsigned long my_unwrap_key(unsigned long session, void *mechanism, unsigned long key, unsigned char *wrapped,
                                   unsigned long length, void *attributes, unsigned long count,
                                   unsigned long *unwrapped)
{
    unwrap_key *theirs = (unwrap_key *)real->functions[UNWRAP_KEY];
    if (is_told("fails", NULL) || is_told("unwraps-nothing", NULL))
        return CKR_DEVICE_ERROR;
    return theirs(session, mechanism, key, wrapped, length, attributes, count, unwrapped);
}

unsigned long C_GetFunctionList(struct function_list **list)
{
    if (!real) {
        void *module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        get_function_list *get = module ? (get_function_list *)dlsym(module, "C_GetFunctionList") : NULL;
        if (!get || get(&real) != CKR_OK)
            return CKR_GENERAL_ERROR;
        mine = *real;
        mine.functions[SIGN] = (void *)my_sign;
        mine.functions[UNWRAP_KEY] = (void *)my_unwrap_key;
    }
    *list = &mine;
    return CKR_OK;
}
