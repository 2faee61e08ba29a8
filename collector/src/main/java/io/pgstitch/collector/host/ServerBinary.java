package io.pgstitch.collector.host;

/**
 * A PostgreSQL server's executable, named by what the kernel attaches to: the inode, so that a file
 * that was replaced under a running server is another binary.
 *
 * @param device of the inode
 * @param inode number on the device
 */
public record ServerBinary(long device, long inode) {}
