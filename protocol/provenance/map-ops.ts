// The parts of a map proof: a walk over the trie from its root, left before right.

/** 32 bytes: the hash of a subtree that holds none of the keys asked. */
export const OP_HASH = 0;
/** A subtree without leaves. */
export const OP_EMPTY = 1;
/** Key and list commitment, 32 bytes each, of a leaf that stands where a key asked would: that key has no list. */
export const OP_LEAF = 2;
/** A key asked, its number of postings, and each as the gap to the one before (LEB128) and its tag. */
export const OP_LIST = 3;
/** An inner node: its left and right subtrees follow. */
export const OP_INNER = 4;
