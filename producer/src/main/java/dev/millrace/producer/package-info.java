/**
 * The client library: publish an image to the requests topic, and await its one terminal answer from the results topic.
 * {@link dev.millrace.producer.ImageClient} is the way in.
 */
@NullMarked
package dev.millrace.producer;

import org.jspecify.annotations.NullMarked;
