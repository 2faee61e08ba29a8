/** Following a topic of orders, beside the collection. */
package io.pgstitch.collector.follow;
