package io.github.jmixtral.server.internal.http;

import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;

/** Makes HTTP/1.1 connections that read through a {@link ReadAheadEndPoint}. */
final class ReadAheadConnectionFactory extends HttpConnectionFactory {

  ReadAheadConnectionFactory(HttpConfiguration configuration) {
    super(configuration);
  }

  @Override
  public Connection newConnection(Connector connector, EndPoint endPoint) {
    return super.newConnection(connector, new ReadAheadEndPoint(endPoint, connector.getExecutor()));
  }
}
